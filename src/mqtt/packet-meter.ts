/**
 * Reads nothing but the lengths in a stream of MQTT packets (MQTT 3.1.1 §2.2), so that a packet that is too large is known
 * from its first five bytes, before anything of it is kept.
 */
export class PacketMeter {
  readonly #maxBytes: number;
  #state: 'type' | 'length' | 'body' = 'type';
  #length = 0;
  #factor = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes; false once a packet says that it is larger than allowed, or its length is no length. */
  accept(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'body') {
        const taken = Math.min(this.#length, chunk.length - at);
        this.#length -= taken;
        at += taken;
        if (this.#length === 0) this.#state = 'type';
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      if (this.#state === 'type') {
        this.#state = 'length';
        this.#length = 0;
        this.#factor = 1;
      } else if (!this.#lengthByte(byte)) return false;
    }
    return true;
  }

  /** Seven bits a byte, lowest first; the eighth says that another follows, four at most. */
  #lengthByte(byte: number): boolean {
    this.#length += (byte & 0x7f) * this.#factor;
    this.#factor *= 0x80;
    const more = (byte & 0x80) !== 0;
    if (this.#length > this.#maxBytes || (more && this.#factor > 0x80 ** 3)) return false;
    if (!more) this.#state = this.#length === 0 ? 'type' : 'body';
    return true;
  }
}
