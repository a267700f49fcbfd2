/** How many connections there may be at a time. */
export interface PlaceLimits {
  readonly most: number;
  /** Of these, how many only root and the guard's own user get. */
  readonly keptForRoot: number;
  /** How many one of the other users gets. */
  readonly mostOfUser: number;
}

/** Every job that a user runs has one for as long as it runs. */
export const plainPlaces: PlaceLimits = { most: 512, keptForRoot: 64, mostOfUser: 256 };

/** The places for connections: no user may take them all, and root always finds one. */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #ownUid: number;
  readonly #ofUser = new Map<number, number>();
  #taken = 0;
  #ofOthers = 0;

  /** @param ownUid user of this process, who is as good as root here */
  constructor(limits: PlaceLimits, ownUid: number) {
    this.#limits = limits;
    this.#ownUid = ownUid;
  }

  /** Takes a place. @returns gives it back, once; null: there is none for this user */
  take(uid: number): (() => void) | null {
    const { most, keptForRoot, mostOfUser } = this.#limits;
    if (this.#taken >= most) return null;
    const isOther = uid !== 0 && uid !== this.#ownUid;
    const has = this.#ofUser.get(uid) ?? 0;
    if (isOther && (has >= mostOfUser || this.#ofOthers >= most - keptForRoot)) return null;
    const count = (by: 1 | -1): void => {
      this.#taken += by;
      this.#ofOthers += isOther ? by : 0;
      const left = (this.#ofUser.get(uid) ?? 0) + by;
      if (left === 0) this.#ofUser.delete(uid);
      else this.#ofUser.set(uid, left);
    };
    count(1);
    return () => count(-1);
  }
}
