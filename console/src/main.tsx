import '@/app/mantine_styles.ts';
import '@/app/global.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { type AnyRoute, RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { meQuery, queryClient } from '@/api/queries.ts';
import { router } from '@/app/router.tsx';
import { cssVariables, theme } from '@/app/theme.ts';

const colorScheme = localStorageColorSchemeManager({ key: 'keyfence-color-scheme' });

// What the page will be made of, and who is looking, are asked for together before anything is drawn.
const routes: Record<string, AnyRoute> = router.routesById;
const matches = router.matchRoutes(router.latestLocation);
if (matches.some(({ routeId }) => routeId.startsWith('/shell'))) void queryClient.prefetchQuery(meQuery);
for (const { routeId } of matches) void router.loadRouteChunk(routes[routeId]!);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorScheme}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
