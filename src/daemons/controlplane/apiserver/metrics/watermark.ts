const WINDOW_MS = 1_000;

/** How many of something are under way, and how many were at most within about the last second. Times are Clock.elapsed(). */
export class Watermark {
  #current = 0;
  #peak = 0;
  #since = -Infinity;

  enter(now: number): void {
    this.#peak = Math.max(this.peak(now), this.#current + 1);
    this.#current += 1;
  }

  leave(): void {
    this.#current -= 1;
  }

  peak(now: number): number {
    if (now - this.#since >= WINDOW_MS) {
      this.#since = now;
      this.#peak = this.#current;
    }
    return this.#peak;
  }
}
