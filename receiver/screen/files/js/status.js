// The courier's statuses: the words that stand in the shop's column, in the reader's language, and their tones.
import { h } from './dom.js';
import { Icon } from './icons.js';
import { known, t } from './i18n.js';
import { Badge } from './parts.js';

// Maystro's codes, for what a webhook tells (common/maystro/status.cpp has the same table).
const codes = {
  4: 'CRÉÉ',
  5: 'DEMANDE DE RAMASSAGE',
  6: 'EN COURS',
  8: 'EN ATTENTE DE TRANSIT',
  9: 'EN TRANSIT POUR EXPÉDITION',
  10: 'EN TRANSIT POUR RETOUR',
  11: 'EN ATTENTE',
  12: 'EN RUPTURE DE STOCK',
  15: 'PRÊT À EXPÉDIER',
  22: 'ASSIGNÉ',
  31: 'EXPÉDIÉ',
  32: 'ALERTÉ',
  41: 'LIVRÉ',
  42: 'REPORTÉ',
  50: 'ANNULÉ',
  51: 'PRÊT À RETOURNER',
  52: 'PRIS PAR LE MAGASIN',
  53: 'NON REÇU',
};
const tones = [
  ['ok', /^LIVRÉ$|^MONTANT (TRANSMIS|REÇU)/],
  ['warn', /ALERTE|ALERTÉ|REPORTÉ|^EN ATTENTE|RUPTURE|NON REÇU|ÉCHEC|ÉCHOUÉ|BLOQUÉ$|SUSPENDU|À VÉRIFIER|^INCONNU/],
  ['', /RETOUR|ANNULÉ|PRIS PAR LE MAGASIN/],
];
const toneOf = (s) => (tones.find(([, shape]) => shape.test(s)) ?? ['move'])[0];

export const statusWord = (s) => (!s ? '—' : known(`st.${s}`) ? t(`st.${s}`) : s);
export const Status = ({ value }) =>
  value ? h(Badge, { tone: toneOf(value), title: value }, statusWord(value)) : h('span.faint', '—');

export const statusOfCode = (code) => codes[code] ?? `INCONNU (${code})`;

// The parcel within a webhook's decoded body, as the couriers wrap it.
const parcelOf = (payload) => {
  const event = payload?.events?.[0];
  return event?.data ?? event ?? payload?.payload ?? payload?.data ?? payload;
};
// Which order it speaks of; undefined where it does not say.
export const toldReference = (payload) => {
  const parcel = parcelOf(payload);
  const reference = parcel?.external_order_id ?? parcel?.order_id;
  return typeof reference === 'object' ? undefined : reference;
};

// What a webhook told, from its decoded body; null where it told no state.
export function toldStatus(payload) {
  const code = parcelOf(payload)?.status ?? payload?.status;
  if (code === undefined || code === null || code === '' || typeof code === 'object') return null;
  return Number.isNaN(Number(code)) ? code.toLocaleUpperCase('fr') : statusOfCode(code);
}

export const ownWord = (s) => (known(`own.${s}`) ? t(`own.${s}`) : (s ?? '—'));

// What an outcome means for whoever looks, and with it its one color, in badges, chips, bars and legends.
const outcomeKinds = {
  applied: 'done',
  pending: 'waiting',
  parked: 'waiting',
  confirming: 'waiting',
  failed: 'trouble',
  conflict: 'trouble',
  quarantined: 'trouble',
};
export const outcomeKind = (o) => outcomeKinds[o] ?? 'quietly';
const kindTones = { done: 'move', waiting: 'warn', trouble: 'bad' };
export const outcomeOrder = [
  'applied',
  'unchanged',
  'stale',
  'pending',
  'parked',
  'confirming',
  'failed',
  'conflict',
  'quarantined',
  'ignored',
];
export const outcomeWord = (o) => (known(`outcome.${o}`) ? t(`outcome.${o}`) : o);
export const Outcome = ({ value }) =>
  h(Badge, { tone: kindTones[outcomeKind(value)], title: value }, outcomeWord(value));

// A change of a column: from → to.
export function Change({ field, from, to }) {
  const show = (value) => {
    if (value === null || value === undefined || value === '') return '—';
    if (field === 'shippingStatus' && /^undefined$/i.test(value)) return '—'; // the system before had none
    if (field === 'shippingStatus') return statusWord(value);
    if (field === 'status') return ownWord(value);
    return h(/Reason$/.test(field) ? 'span' : 'span.mono.ltr', { dir: 'auto' }, value);
  };
  return h('span.arrowed', h('span.old', show(from)), h(Icon, { name: 'arrow', turns: true }), h('span.new', show(to)));
}

// `nord_west` is for people `Nord West`.
export const courierName = (slug) =>
  slug?.replace(/(^|_)(.)/g, (_, gap, letter) => (gap && ' ') + letter.toUpperCase()) ?? t('courier');
