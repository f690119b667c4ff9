import classes from './state-badge.module.css';

export type Tone = 'good' | 'bad' | 'waiting' | 'busy' | 'quiet';

/** A state in a word. Never by colour alone. */
export function StateBadge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      {children}
    </span>
  );
}
