// Reads server-sent events out of a stream of text, however it is cut.

export interface StreamEvent {
  name: string;
  data: string;
}

export class EventStreamReader {
  private rest = "";
  private name = "";
  private data: string[] = [];

  // The events that are complete with this piece.
  push(piece: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    for (const ended of lines) {
      const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
      if (line === "") {
        if (this.data.length > 0) events.push({ name: this.name, data: this.data.join("\n") });
        this.name = "";
        this.data = [];
      } else {
        this.take(line);
      }
    }
    return events;
  }

  private take(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment, which only says that the server is there
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    if (field === "data") this.data.push(value);
  }
}
