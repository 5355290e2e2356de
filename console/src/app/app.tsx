// All that is behind the sign-in form.
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { type AnyRoute, RouterProvider } from '@tanstack/react-router';
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

/** Draws the page that the address names. What it will be made of is asked for while it is not known who is looking. */
export function showApp(element: HTMLElement, me?: Me): void {
  if (me) queryClient.setQueryData(meQuery.queryKey, me);
  const routes: Record<string, AnyRoute> = router.routesById;
  for (const { routeId } of router.matchRoutes(router.latestLocation)) void router.loadRouteChunk(routes[routeId]!);
  createRoot(element).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
