import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { readApprovalsSearch } from './pages/approvals/search.ts';
import { readAuditSearch } from './pages/audit/search.ts';
import { readTasksSearch } from './pages/tasks/search.ts';
import { ProblemAlert } from './parts/problem-alert.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Root } from './shell/root.tsx';

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

/** A page is loaded when it is first shown. */
function page(load: () => Promise<() => ReactNode>) {
  return lazyRouteComponent(async () => ({ default: await load() }));
}

const pages = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: page(() => import('./pages/home/home-page.tsx').then((file) => file.HomePage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/connectors',
    component: page(() => import('./pages/connectors/connectors-page.tsx').then((file) => file.ConnectorsPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/connectors/$connectorId',
    component: page(() => import('./pages/connectors/connector-page.tsx').then((file) => file.ConnectorPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/secrets',
    component: page(() => import('./pages/secrets/secrets-page.tsx').then((file) => file.SecretsPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tokens',
    component: page(() => import('./pages/tokens/tokens-page.tsx').then((file) => file.TokensPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/delegates',
    component: page(() => import('./pages/delegates/delegates-page.tsx').then((file) => file.DelegatesPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/delegates/install',
    component: page(() => import('./pages/delegates/install-page.tsx').then((file) => file.InstallPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/delegates/$delegateId',
    component: page(() => import('./pages/delegates/delegate-page.tsx').then((file) => file.DelegatePage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tasks',
    validateSearch: readTasksSearch,
    component: page(() => import('./pages/tasks/tasks-page.tsx').then((file) => file.TasksPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tasks/$taskId',
    component: page(() => import('./pages/tasks/task-page.tsx').then((file) => file.TaskPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/approvals',
    validateSearch: readApprovalsSearch,
    component: page(() => import('./pages/approvals/approvals-page.tsx').then((file) => file.ApprovalsPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/approvals/start',
    component: page(() => import('./pages/approvals/start-page.tsx').then((file) => file.StartPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/approvals/$approvalId',
    component: page(() => import('./pages/approvals/approval-page.tsx').then((file) => file.ApprovalPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/audit',
    validateSearch: readAuditSearch,
    component: page(() => import('./pages/audit/audit-page.tsx').then((file) => file.AuditPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/system',
    component: page(() => import('./pages/system/system-page.tsx').then((file) => file.SystemPage)),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(pages),
  defaultErrorComponent: ({ error }) => <ProblemAlert error={error} title="This page has a fault" />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
