// What is shown of a call: the same streams for as long as it lasts, whatever connection fills them.
import type { Remote } from "./people";

/** Elements keep their last picture when a stream's tracks change; another stream would begin with black. */
export class Showing {
  private readonly streams = new Map<string, MediaStream>();

  /** The same people and screen, in streams of our own. */
  of({ people, screen }: Remote): Remote {
    return {
      people: people.map((person) => ({ ...person, stream: this.filled(person.seat, person.stream) })),
      screen: this.filled("screen", screen),
    };
  }

  private filled(name: string, from: MediaStream): MediaStream {
    const stream = this.streams.get(name) ?? new MediaStream();
    this.streams.set(name, stream);
    const [wanted, held] = [from.getTracks(), stream.getTracks()];
    for (const track of wanted) if (!held.includes(track)) stream.addTrack(track);
    for (const track of held) if (!wanted.includes(track)) stream.removeTrack(track);
    return stream;
  }
}
