// How an account is. Pure.

// An account's worst problem, and its tone.
export function healthOf(account, problems) {
  const mine = (problems ?? []).filter((p) => p.account === account.id);
  const worst = mine.find((p) => p.severity === 'late') ?? mine[0];
  if (worst) return { tone: worst.severity === 'late' ? 'bad' : 'warn', kind: worst.kind };
  if (account.health === 'failing') return { tone: 'bad', kind: 'failing' };
  return account.health === 'ok' ? { tone: 'ok', kind: 'ok' } : { tone: 'unknown', kind: 'unknown' };
}
