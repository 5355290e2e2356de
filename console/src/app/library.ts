// The component library's styles come with the first part of the console that is made of it.
export async function styled<Part>(part: Promise<Part>): Promise<Part> {
  await import('./mantine_styles.ts');
  return part;
}
