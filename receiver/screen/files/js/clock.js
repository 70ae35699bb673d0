// What time it is at the server: ages and "today" are reckoned by its clock, for a browser's may be wrong. Its answers say it to
// the second.
const precision_ms = 2_000;
let ahead = 0; // of the browser's clock

export const now = () => Date.now() + ahead;
// `date`: an answer's header of that name.
export function hear(date) {
  const said = Date.parse(date ?? '');
  if (Number.isNaN(said)) return;
  const measured = said + 500 - Date.now();
  if (Math.abs(measured - ahead) > precision_ms) ahead = Math.abs(measured) > precision_ms ? measured : 0;
}
