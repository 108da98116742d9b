import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

// A modal dialog; Escape and a press beside it close it, and the focus goes back to where it was.
export function Dialog({ title, on_close, children }: {
  title: string;
  on_close: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close(); // which gives the focus back; to be removed does not
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={on_close}
      onClick={(event) => event.target === event.currentTarget && on_close()}
    >
      <div class="card">
        <div class="line">
          <h2 id={id}>{title}</h2>
          <button type="button" class="small" aria-label="Close" onClick={on_close}>✕</button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
