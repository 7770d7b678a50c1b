import { mount } from "svelte";

import App from "./App.svelte";
import "./app.css";

// The token came in the address once, and is a cookie now: it should not stay where it can be seen and copied.
if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname + location.hash);

mount(App, { target: document.getElementById("app")! });
