// From a webhook's body to the row that is stored: Pub/Sub's wrapper, base64 once or more, or plain JSON.
import { createHash } from 'node:crypto';

const texts = new Map([
  [4, 'CRÉÉ'], [5, 'DEMANDE DE RAMASSAGE'], [6, 'EN COURS'], [8, 'EN ATTENTE DE TRANSIT'], [9, 'EN TRANSIT POUR EXPÉDITION'],
  [10, 'EN TRANSIT POUR RETOUR'], [11, 'EN ATTENTE'], [12, 'EN RUPTURE DE STOCK'], [15, 'PRÊT À EXPÉDIER'], [22, 'ASSIGNÉ'],
  [31, 'EXPÉDIÉ'], [32, 'ALERTÉ'], [41, 'LIVRÉ'], [42, 'REPORTÉ'], [50, 'ANNULÉ'], [51, 'PRÊT À RETOURNER'],
  [52, 'PRIS PAR LE MAGASIN'], [53, 'NON REÇU'],
]);

function unwrap(text) {
  let value = text;
  for (let round = 0; round < 3 && typeof value === 'string'; ++round) {
    const first = value[0];
    value = first === '{' || first === '"' ? JSON.parse(value) : Buffer.from(value, 'base64').toString('utf8');
  }
  return typeof value === 'string' ? JSON.parse(value) : value;
}

// Throws where the body cannot be read.
export function decode(body) {
  const outer = unwrap(body);
  const message = outer.message;
  const event = message?.data ? unwrap(message.data) : outer;
  const order = event.payload ?? event;
  const status = Number(order.status);
  if (!Number.isInteger(status)) throw new Error('no status');
  return {
    key: message?.messageId ?? createHash('sha256').update(body).digest('hex'),
    publishedAt: message?.publishTime ?? null,
    reference: order.external_order_id ?? null,
    uuid: event.instance_uuid ?? order.id ?? null,
    tracking: order.tracking_number ?? String(order.display_id_order ?? order.display_id ?? ''),
    status,
    text: texts.get(status) ?? `INCONNU (${status})`,
    body,
  };
}
