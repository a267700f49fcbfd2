/**
 * scenario/dilation/: how much slower time is here than on a machine of nominal speed: 1 on anything that is not emulated. Measures
 * and judges that figure; what grows with it is everybody's own business. May know the kernel's doors and the record.
 */
export { dilationNotes } from "./dilation-notes.ts";
export { givenDilation, measureDilation, unknownDilation } from "./measure-dilation.ts";
