-- The shop's tables as Suivi finds them: exact names, types, defaults, keys and indexes, and no index more.
-- For the demo, the tests and the benches; a real shop's tables are made by the shop's own program.
-- Names are unqualified, so the search_path chooses the schema. Runs once on an empty schema.

CREATE TYPE "OrderSource" AS ENUM ('ECOMANAGER', 'GOOGLE_SHEETS', 'SHOPIFY', 'WOOCOMMERCE', 'YOUCAN', 'MANUAL');
CREATE TYPE "OrderStatus" AS ENUM ('PENDING', 'ASSIGNED', 'IN_PROGRESS', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'CANCELLED',
                                   'RETURNED');
CREATE TYPE "WebhookSource" AS ENUM ('ECOMANAGER', 'MAYSTRO');

-- Only as much of these two as the foreign keys of orders need.
CREATE TABLE customers (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "phone" TEXT NOT NULL,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "customers_pkey" PRIMARY KEY ("id")
);

CREATE TABLE users (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

CREATE TABLE shipping_companies (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "slug" TEXT NOT NULL,
  "isActive" BOOLEAN NOT NULL DEFAULT true,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "shipping_companies_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "shipping_companies_name_key" ON shipping_companies ("name");
CREATE UNIQUE INDEX "shipping_companies_slug_key" ON shipping_companies ("slug");

CREATE TABLE shipping_accounts (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "companyId" TEXT NOT NULL,
  "credentials" JSONB NOT NULL,
  "baseUrl" TEXT,
  "isActive" BOOLEAN NOT NULL DEFAULT true,
  "isPrimary" BOOLEAN NOT NULL DEFAULT false,
  "requestCount" INTEGER NOT NULL DEFAULT 0,
  "successCount" INTEGER NOT NULL DEFAULT 0,
  "errorCount" INTEGER NOT NULL DEFAULT 0,
  "lastUsed" TIMESTAMP(3),
  "lastTestAt" TIMESTAMP(3),
  "lastTestStatus" TEXT,
  "lastTestError" TEXT,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "shipping_accounts_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "shipping_accounts_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES shipping_companies ("id")
    ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE api_configurations (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "shippingAccountId" TEXT,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "api_configurations_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "api_configurations_shippingAccountId_fkey" FOREIGN KEY ("shippingAccountId")
    REFERENCES shipping_accounts ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

CREATE TABLE webhook_configurations (
  "id" TEXT NOT NULL,
  "source" "WebhookSource" NOT NULL,
  "secret" TEXT NOT NULL,
  "events" TEXT[],
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "webhook_configurations_pkey" PRIMARY KEY ("id")
);

CREATE TABLE orders (
  "id" TEXT NOT NULL,
  "reference" TEXT NOT NULL,
  "ecoManagerId" TEXT,
  "source" "OrderSource" NOT NULL DEFAULT 'ECOMANAGER',
  "status" "OrderStatus" NOT NULL DEFAULT 'PENDING',
  "customerId" TEXT NOT NULL,
  "assignedAgentId" TEXT,
  "assignedAt" TIMESTAMP(3),
  "total" DOUBLE PRECISION NOT NULL,
  "shippingCost" DOUBLE PRECISION,
  "notes" TEXT,
  "internalNotes" TEXT,
  "ecoManagerStatus" TEXT,
  "storeIdentifier" TEXT,
  "trackingNumber" TEXT,
  "shippingStatus" TEXT,
  "maystroOrderId" TEXT,
  "alertedAt" TIMESTAMP(3),
  "alertReason" TEXT,
  "abortReason" TEXT,
  "additionalMetaData" JSONB,
  "shippingAccountId" TEXT,
  "stockDeducted" BOOLEAN NOT NULL DEFAULT false,
  "stockDeductedAt" TIMESTAMP(3),
  "orderDate" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "orders_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "orders_customerId_fkey" FOREIGN KEY ("customerId") REFERENCES customers ("id")
    ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "orders_assignedAgentId_fkey" FOREIGN KEY ("assignedAgentId") REFERENCES users ("id")
    ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT "orders_shippingAccountId_fkey" FOREIGN KEY ("shippingAccountId") REFERENCES shipping_accounts ("id")
    ON DELETE SET NULL ON UPDATE CASCADE
);
-- There is none on trackingNumber, maystroOrderId, shippingAccountId or shippingStatus, and Suivi needs none.
CREATE UNIQUE INDEX "orders_reference_key" ON orders ("reference");
CREATE UNIQUE INDEX "orders_ecoManagerId_key" ON orders ("ecoManagerId");
CREATE INDEX "orders_orderDate_idx" ON orders ("orderDate");
CREATE INDEX "orders_createdAt_idx" ON orders ("createdAt");
CREATE INDEX "orders_status_idx" ON orders ("status");
CREATE INDEX "orders_storeIdentifier_idx" ON orders ("storeIdentifier");
CREATE INDEX "orders_assignedAgentId_idx" ON orders ("assignedAgentId");
CREATE INDEX "orders_customerId_idx" ON orders ("customerId");
CREATE INDEX "orders_assignedAgentId_status_idx" ON orders ("assignedAgentId", "status");
CREATE INDEX "orders_customerId_status_idx" ON orders ("customerId", "status");
CREATE INDEX "orders_orderDate_status_idx" ON orders ("orderDate", "status");
CREATE INDEX "orders_orderDate_storeIdentifier_idx" ON orders ("orderDate", "storeIdentifier");
CREATE INDEX "orders_status_storeIdentifier_idx" ON orders ("status", "storeIdentifier");
CREATE INDEX "orders_alertedAt_idx" ON orders ("alertedAt");
CREATE INDEX "orders_additionalMetaData_idx" ON orders USING GIN ("additionalMetaData");

CREATE TABLE webhook_events (
  "id" TEXT NOT NULL,
  "orderId" TEXT,
  "source" "WebhookSource" NOT NULL,
  "eventType" TEXT NOT NULL,
  "payload" JSONB NOT NULL,
  "processed" BOOLEAN NOT NULL DEFAULT false,
  "error" TEXT,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "webhook_events_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "webhook_events_orderId_fkey" FOREIGN KEY ("orderId") REFERENCES orders ("id")
    ON DELETE SET NULL ON UPDATE CASCADE
);

INSERT INTO shipping_companies ("id", "name", "slug", "updatedAt") VALUES
  ('company-maystro', 'Maystro Delivery', 'maystro', CURRENT_TIMESTAMP),
  ('company-guepex', 'Guepex', 'guepex', CURRENT_TIMESTAMP),
  ('company-nord-west', 'Nord et Ouest', 'nord_west', CURRENT_TIMESTAMP);
