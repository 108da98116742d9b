import { render } from "preact";

import { take_key_of_address } from "./key.ts";
import { connect } from "./store.ts";
import { show_theme } from "./theme.ts";
import { Page } from "./views/page.tsx";

take_key_of_address();
show_theme();
// Also where the page is open already and another link is followed.
window.addEventListener("hashchange", () => {
  if (take_key_of_address()) connect();
});
connect();
render(<Page />, document.body);
