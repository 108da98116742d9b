import { useEffect, useState } from "preact/hooks";

const shown_ms = 6_000;

let show: (text: string) => void = () => {};

// One line about what was just done, read out by screen readers.
export const notice = (text: string): void => show(text);

export function NoticeBar() {
  const [text, set_text] = useState("");
  useEffect(() => {
    show = set_text;
    return () => void (show = () => {});
  }, []);
  useEffect(() => {
    if (text === "") return;
    const timer = window.setTimeout(() => set_text(""), shown_ms);
    return () => window.clearTimeout(timer);
  }, [text]);
  return <div class="notice" role="status">{text && <p>{text}</p>}</div>;
}
