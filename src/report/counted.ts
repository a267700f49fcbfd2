/** A number with its noun: `1 rule`, `2 processes`. @param many the plural where it is not the noun with an s */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
