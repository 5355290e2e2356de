/** Made when it is first asked for: formats of times and numbers cost a slow machine milliseconds each. */
export function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
