// Draws one or two pictures with WebGL: placed, compared, exposed, one channel or all.

import type { Channel, Mode, Place } from "./look.svelte";
import type { Picture, Rect } from "./frames";

const VERTEX = `#version 300 es
in vec2 corner;
void main() { gl_Position = vec4(corner, 0.0, 1.0); }`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D first, second;
uniform vec4 firstRect, secondRect;   // of the frame: x, y, width, height
uniform vec4 firstPart, secondPart;   // of the texture, 0..1: x, y, width, height
uniform vec2 frame, view;
uniform vec3 place;                   // scale, x, y
uniform int mode, channel;
uniform float wipe, onion, exposure;
uniform bool hasSecond;
out vec4 colour;

vec4 at(sampler2D picture, vec4 rect, vec4 part, vec2 p) {
  vec2 uv = (p - rect.xy) / rect.zw;
  if (any(lessThan(uv, vec2(0.0))) || any(greaterThanEqual(uv, vec2(1.0)))) return vec4(0.0);
  return vec4(texture(picture, part.xy + uv * part.zw).rgb, 1.0);
}

vec3 exposed(vec3 c) { return pow(clamp(pow(c, vec3(2.2)) * exp2(exposure), 0.0, 1.0), vec3(1.0 / 2.2)); }

void main() {
  vec2 p = (vec2(gl_FragCoord.x, view.y - gl_FragCoord.y) - place.yz) / place.x;
  if (any(lessThan(p, vec2(0.0))) || any(greaterThanEqual(p, frame))) { colour = vec4(0.0); return; }
  vec4 a = at(first, firstRect, firstPart, p);
  vec3 c = a.rgb;
  if (hasSecond) {
    vec3 b = at(second, secondRect, secondPart, p).rgb;
    if (mode == 1 && p.x / frame.x >= wipe) c = b;
    if (mode == 3) c = mix(c, b, onion);
    if (mode == 4) c = abs(c - b);
  }
  if (exposure != 0.0) c = exposed(c);
  if (channel == 1) c = c.rrr;
  if (channel == 2) c = c.ggg;
  if (channel == 3) c = c.bbb;
  if (channel == 4) c = vec3(dot(c, vec3(0.2126, 0.7152, 0.0722)));
  colour = vec4(c, 1.0);
}`;

const MODES: Mode[] = ["one", "wipe", "blink", "onion", "difference"];
const NAMES = ["first", "second"] as const;

export interface Shown {
  rect: Rect;
  part: Rect;
}

export class Screen {
  #gl: WebGL2RenderingContext;
  #program: WebGLProgram;
  #textures: WebGLTexture[];
  #shown: (Shown | undefined)[] = [undefined, undefined];
  #places = new Map<string, WebGLUniformLocation | null>();

  /** Throws where the browser has no WebGL 2. */
  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("This browser has no WebGL 2, which the viewer needs.");
    this.#gl = gl;
    this.#program = linked(gl);
    gl.useProgram(this.#program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(this.#program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.#textures = NAMES.map((name, unit) => {
      const texture = gl.createTexture()!;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
      gl.uniform1i(this.#at(name), unit);
      return texture;
    });
  }

  /** Put a picture in front (0) or behind (1); none takes it away. */
  put(unit: 0 | 1, picture: Picture | undefined): void {
    this.#shown[unit] = picture && { rect: picture.rect, part: { x: 0, y: 0, width: 1, height: 1 } };
    if (picture) this.#load(unit, picture.image);
  }

  /** Put a video's picture in: the result above the plate, or alone. */
  film(video: HTMLVideoElement, stacked: boolean, frame: { width: number; height: number }, units: (0 | 1)[]): void {
    this.#load(0, video);
    if (units.length > 1) this.#load(1, video);
    for (const [unit, half] of units.entries()) {
      const height = stacked ? 0.5 : 1;
      // half a texel inwards, so that the other picture does not bleed in
      const edge = stacked ? 0.5 / Math.max(2, video.videoHeight) : 0;
      this.#shown[unit] = {
        rect: { x: 0, y: 0, ...frame },
        part: { x: 0, y: half * height + edge, width: 1, height: height - 2 * edge },
      };
    }
  }

  draw(
    look: { mode: Mode; channel: Channel; wipe: number; onion: number; exposure: number },
    frame: { width: number; height: number },
    place: Place,
    density: number,
  ): void {
    const gl = this.#gl;
    const [front, behind] = this.#shown;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!front) return;
    const near = place.scale * density >= 1 ? gl.NEAREST : gl.LINEAR;
    for (const unit of [0, 1]) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, near);
    }
    this.#rect("firstRect", front.rect);
    this.#rect("firstPart", front.part);
    this.#rect("secondRect", (behind ?? front).rect);
    this.#rect("secondPart", (behind ?? front).part);
    gl.uniform2f(this.#at("frame"), frame.width, frame.height);
    gl.uniform2f(this.#at("view"), this.canvas.width, this.canvas.height);
    gl.uniform3f(this.#at("place"), place.scale * density, place.x * density, place.y * density);
    gl.uniform1i(this.#at("mode"), MODES.indexOf(look.mode));
    gl.uniform1i(this.#at("channel"), ["rgb", "r", "g", "b", "luma"].indexOf(look.channel));
    gl.uniform1f(this.#at("wipe"), look.wipe);
    gl.uniform1f(this.#at("onion"), look.onion);
    gl.uniform1f(this.#at("exposure"), look.exposure);
    gl.uniform1i(this.#at("hasSecond"), behind ? 1 : 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #load(unit: number, source: TexImageSource): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.#textures[unit]!);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
  }

  #rect(name: string, rect: Rect): void {
    this.#gl.uniform4f(this.#at(name), rect.x, rect.y, rect.width, rect.height);
  }

  #at(name: string): WebGLUniformLocation | null {
    if (!this.#places.has(name)) this.#places.set(name, this.#gl.getUniformLocation(this.#program, name));
    return this.#places.get(name)!;
  }
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()!;
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "shader");
  return program;
}
