const plainName = /^[A-Za-z0-9._:@-]{1,128}$/;

/** How a plain name must look, for people. */
export const plainNameRule = "1 to 128 of the characters A-Z a-z 0-9 . _ : @ -";

/** Whether a text can be a file name everywhere and stands in any line without quotes: ids of jobs, names of rules. */
export const isPlainName = (name: string): boolean => plainName.test(name) && name !== "." && name !== "..";
