// All that is behind the sign-in form.
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { meQuery, queryClient } from '@/api/queries.ts';
import type { Me } from '@/api/types.ts';
import { colorSchemeKey } from './color_scheme.ts';
import { router } from './router.tsx';
import { theme } from './theme.ts';

const colorScheme = localStorageColorSchemeManager({ key: colorSchemeKey });

const App = () => (
  <MantineProvider
    theme={theme}
    withCssVariables={false}
    withGlobalClasses={false}
    defaultColorScheme="auto"
    colorSchemeManager={colorScheme}
  >
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>
);

/** Settles when it is known who is looking, and what the page that the address names is made of is there. */
export async function prepareApp(me?: Me): Promise<void> {
  if (me) queryClient.setQueryData(meQuery.queryKey, me);
  await router.load();
}

export function showApp(element: HTMLElement): void {
  createRoot(element).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
