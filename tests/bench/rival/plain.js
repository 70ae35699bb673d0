// One transaction a webhook, as most services are written: BEGIN, store, lock and compare, update, journal, COMMIT.
export class PlainStore {
  #pool;

  constructor(pool) {
    this.#pool = pool;
  }

  async store(event) {
    const client = await this.#pool.connect();
    try {
      await client.query('begin');
      const stored = await client.query({
        name: 'event',
        text: `insert into rival.event (key, published_at, reference, status, body) values ($1, $2, $3, $4, $5)
               on conflict (key) do nothing returning id`,
        values: [event.key, event.publishedAt, event.reference, event.status, event.body],
      });
      const id = stored.rows[0]?.id ?? null;
      if (id !== null) await this.#apply(client, event, id);
      await client.query('commit');
      return id;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  async #apply(client, event, id) {
    const found = await client.query({
      name: 'order',
      text: `select o."id", o."trackingNumber", o."shippingStatus", o."maystroOrderId", s.as_of
             from orders o left join rival.order_state s on s.order_id = o."id" where o."reference" = $1 for update of o`,
      values: [event.reference],
    });
    const order = found.rows[0];
    const asOf = event.publishedAt === null ? new Date() : new Date(event.publishedAt);
    if (!order || (order.as_of && order.as_of > asOf)) return;
    const now = {
      trackingNumber: order.trackingNumber ?? event.tracking,
      maystroOrderId: event.uuid,
      shippingStatus: event.text,
    };
    const fields = Object.keys(now).filter((field) => now[field] !== order[field]);
    if (fields.length > 0) {
      await client.query({
        name: 'update',
        text: `update orders set "trackingNumber" = $2, "maystroOrderId" = $3, "shippingStatus" = $4,
               "status" = case when $5 and "status" not in ('CANCELLED', 'RETURNED') then 'DELIVERED' else "status" end,
               "updatedAt" = now() at time zone 'UTC' where "id" = $1`,
        values: [order.id, now.trackingNumber, now.maystroOrderId, now.shippingStatus, event.status === 41],
      });
      await client.query({
        name: 'journal',
        text: `insert into rival.change (order_id, field, from_value, to_value, event_id)
               select $1, f.*, $2 from unnest($3::text[], $4::text[], $5::text[]) as f`,
        values: [order.id, id, fields, fields.map((f) => order[f]), fields.map((f) => now[f])],
      });
    }
    await client.query({
      name: 'state',
      text: `insert into rival.order_state (order_id, as_of) values ($1, $2)
             on conflict (order_id) do update set as_of = excluded.as_of`,
      values: [order.id, asOf],
    });
  }
}
