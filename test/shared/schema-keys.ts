/** A schema of valibot as far as its keys go. */
export interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly wrapped?: Shape;
  readonly item?: Shape;
}

/** What an optional schema or a list holds. */
export const inside = (shape: Shape | undefined): Shape => {
  const inner = shape?.wrapped ?? shape?.item;
  return inner === undefined ? (shape ?? { type: "none" }) : inside(inner);
};

export const keysOf = (shape: Shape | undefined): string[] => Object.keys(inside(shape).entries ?? {});
