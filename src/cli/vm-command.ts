export async function vmRunCommand(): Promise<number> {
  return 125;
}
