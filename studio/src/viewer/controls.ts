// Keys of whoever looks at films: transport and look, the same in every view that has a viewer.

import type { FilmState } from "../api/client";
import type { Action } from "../shell/keys.svelte";
import type { Look } from "./look.svelte";
import type { Playback } from "./playback.svelte";

export function viewerKeys(playback: Playback, film: FilmState): Action[] {
  return [...transportKeys(playback), ...lookKeys(playback.look, film)];
}

function transportKeys(playback: Playback): Action[] {
  const { transport } = playback;
  const group = "Play";
  return [
    { id: "play.toggle", title: "Play or stop", group, keys: ["Space"], run: () => playback.toggle() },
    { id: "play.forwards", title: "Play, faster with each press", group, keys: ["L"], run: () => playback.shuttle(1) },
    { id: "play.stop", title: "Stop", group, keys: ["K"], run: () => transport.stop() },
    { id: "play.backwards", title: "Play backwards", group, keys: ["J"], run: () => playback.shuttle(-1) },
    { id: "play.next", title: "On one frame", group, keys: ["ArrowRight"], run: () => transport.step(1) },
    { id: "play.back", title: "Back one frame", group, keys: ["ArrowLeft"], run: () => transport.step(-1) },
    { id: "play.next10", title: "On ten frames", group, keys: ["Shift+ArrowRight"], run: () => transport.step(10) },
    { id: "play.back10", title: "Back ten frames", group, keys: ["Shift+ArrowLeft"], run: () => transport.step(-10) },
    { id: "play.first", title: "First frame", group, keys: ["Home"], run: () => transport.go(transport.begin) },
    { id: "play.last", title: "Last frame", group, keys: ["End"], run: () => transport.go(transport.end) },
    { id: "play.in", title: "In point here", group, keys: ["I", "["], run: () => transport.markIn() },
    { id: "play.out", title: "Out point here", group, keys: ["O", "]"], run: () => transport.markOut() },
    { id: "play.unmark", title: "Without in and out", group, keys: ["\\"], run: () => transport.unmark() },
  ];
}

function lookKeys(look: Look, film: FilmState): Action[] {
  const group = "Look";
  return [
    ...film.layers.map((layer, place) => ({
      id: `look.layer.${layer}`,
      title: `Show the ${layer}`,
      group,
      keys: [String(place + 1)],
      run: () => {
        if (look.other === layer) look.other = look.layer;
        look.layer = layer;
      },
    })),
    { id: "look.wipe", title: "Wipe", group, keys: ["W"], run: () => look.toggle("wipe") },
    { id: "look.blink", title: "Blink", group, keys: ["B"], run: () => look.toggle("blink") },
    { id: "look.onion", title: "Onion skin", group, keys: ["P"], run: () => look.toggle("onion") },
    { id: "look.difference", title: "Difference", group, keys: ["D"], run: () => look.toggle("difference") },
    { id: "look.fit", title: "All of the frame", group, keys: ["F"], run: () => look.fit() },
    { id: "look.pixels", title: "Pixel for pixel", group, keys: ["Z"], run: () => (look.zoom = 1 / devicePixelRatio) },
    { id: "look.brighter", title: "Brighter by half a stop", group, keys: ["E"], run: () => (look.exposure = Math.min(6, look.exposure + 0.5)) },
    { id: "look.darker", title: "Darker by half a stop", group, keys: ["Shift+E"], run: () => (look.exposure = Math.max(-4, look.exposure - 0.5)) },
    { id: "look.red", title: "Red", group, keys: ["R"], run: () => look.show("r") },
    { id: "look.green", title: "Green", group, keys: ["G"], run: () => look.show("g") },
    { id: "look.blue", title: "Blue", group, keys: ["Shift+B"], run: () => look.show("b") },
    { id: "look.luma", title: "Luma", group, keys: ["Y"], run: () => look.show("luma") },
    { id: "look.plain", title: "All channels, no exposure", group, keys: ["Backspace"], run: () => look.plain() },
  ];
}
