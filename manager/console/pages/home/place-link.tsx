import type { ReactNode } from 'react';
import { TextLink } from '../../parts/links.tsx';
import type { Place } from './concerns.ts';

export function PlaceLink({ place, children }: { place: Place; children: ReactNode }) {
  switch (place.page) {
    case 'delegates':
      return <TextLink to="/delegates">{children}</TextLink>;
    case 'connectors':
      return <TextLink to="/connectors">{children}</TextLink>;
    case 'approvals':
      return <TextLink to="/approvals">{children}</TextLink>;
    case 'tasks':
      return (
        <TextLink to="/tasks" search={{ state: ['queued'] }}>
          {children}
        </TextLink>
      );
    case 'delegate':
      return (
        <TextLink to="/delegates/$delegateId" params={{ delegateId: place.id }}>
          {children}
        </TextLink>
      );
    case 'connector':
      return (
        <TextLink to="/connectors/$connectorId" params={{ connectorId: place.id }}>
          {children}
        </TextLink>
      );
    case 'approval':
      return (
        <TextLink to="/approvals/$approvalId" params={{ approvalId: place.id }}>
          {children}
        </TextLink>
      );
    case 'task':
      return (
        <TextLink to="/tasks/$taskId" params={{ taskId: place.id }}>
          {children}
        </TextLink>
      );
  }
}
