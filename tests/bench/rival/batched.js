// Micro-batching: what arrived while the last batch was committing is the next one. One statement a batch stores the
// events by their unique key, updates the orders newest first, and journals what changed; its end is its COMMIT.
const ordered = {
  most: 500,
  text: `
with incoming as (
  select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[])
    as t(key, published_at, reference, uuid, tracking, status, shipping_status, body)
), stored as (
  insert into rival.event (key, published_at, reference, status, body)
  select key, published_at, reference, status, body from incoming
  on conflict (key) do nothing
  returning id, key
), newest as (
  select distinct on (i.reference) i.*, s.id as event_id
  from stored s join incoming i using (key)
  where i.reference is not null
  order by i.reference, i.published_at desc nulls last
), before as (
  select o."id", o."trackingNumber", o."shippingStatus", o."maystroOrderId", n.uuid, n.tracking, n.status, n.shipping_status,
         n.event_id, coalesce(n.published_at, now()) as as_of
  from newest n join orders o on o."reference" = n.reference
  left join rival.order_state s on s.order_id = o."id"
  where s.as_of is null or s.as_of <= coalesce(n.published_at, now())
  for update of o
), updated as (
  update orders o
  set "trackingNumber" = coalesce(o."trackingNumber", b.tracking), "maystroOrderId" = b.uuid,
      "shippingStatus" = b.shipping_status,
      "status" = case when b.status = 41 and o."status" not in ('CANCELLED', 'RETURNED') then 'DELIVERED' else o."status" end,
      "updatedAt" = now() at time zone 'UTC'
  from before b
  where o."id" = b."id" and (o."shippingStatus" is distinct from b.shipping_status
        or o."trackingNumber" is null or o."maystroOrderId" is distinct from b.uuid)
), state as (
  insert into rival.order_state (order_id, as_of) select "id", as_of from before
  on conflict (order_id) do update set as_of = excluded.as_of
), journal as (
  insert into rival.change (order_id, field, from_value, to_value, event_id)
  select b."id", f.field, f.was, f.is_now, b.event_id
  from before b cross join lateral (values
    ('trackingNumber', b."trackingNumber", coalesce(b."trackingNumber", b.tracking)),
    ('maystroOrderId', b."maystroOrderId", b.uuid),
    ('shippingStatus', b."shippingStatus", b.shipping_status)) as f(field, was, is_now)
  where f.was is distinct from f.is_now
)
select e.id, i.key from incoming i left join stored e using (key)`,
};

// What many would write: no order of time, no journal; an order that says so already is not written.
export const simple = {
  most: 128,
  text: `
with incoming as (
  select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[])
    as t(key, published_at, reference, uuid, tracking, status, shipping_status, body)
), stored as (
  insert into rival.event (key, published_at, reference, status, body)
  select key, published_at, reference, status, body from incoming
  on conflict (key) do nothing
  returning id, key
), updated as (
  update orders o
  set "trackingNumber" = i.tracking, "maystroOrderId" = i.uuid, "shippingStatus" = i.shipping_status,
      "updatedAt" = now() at time zone 'UTC'
  from stored s join incoming i using (key)
  where o."reference" = i.reference and (o."shippingStatus" is distinct from i.shipping_status
        or o."trackingNumber" is distinct from i.tracking or o."maystroOrderId" is distinct from i.uuid)
)
select e.id, i.key from incoming i left join stored e using (key)`,
};

export class BatchedStore {
  #pool;
  #waiting = [];
  #running = 0;
  #lanes;
  #most;
  #text;

  constructor(pool, lanes, { most, text } = ordered) {
    this.#pool = pool;
    this.#lanes = lanes;
    this.#most = most;
    this.#text = text;
  }

  // Resolves once the event is committed; null: seen before.
  store(event) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#start();
    });
  }

  #start() {
    while (this.#running < this.#lanes && this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#most);
      this.#waiting = this.#waiting.slice(this.#most);
      ++this.#running;
      this.#commit(batch).finally(() => {
        --this.#running;
        this.#start();
      });
    }
  }

  async #commit(batch) {
    const columns = [[], [], [], [], [], [], [], []];
    for (const { event } of batch) {
      columns[0].push(event.key);
      columns[1].push(event.publishedAt);
      columns[2].push(event.reference);
      columns[3].push(event.uuid);
      columns[4].push(event.tracking);
      columns[5].push(event.status);
      columns[6].push(event.text);
      columns[7].push(event.body);
    }
    try {
      const { rows } = await this.#pool.query({ name: 'store', text: this.#text, values: columns, rowMode: 'array' });
      const ids = new Map(rows.map(([id, key]) => [key, id]));
      for (const one of batch) one.resolve(ids.get(one.event.key));
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
  }
}
