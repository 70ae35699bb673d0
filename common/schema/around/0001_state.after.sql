drop view if exists suivi."orders";
