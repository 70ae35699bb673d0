-- Ends what stood before the shop's table while the script ran; the path ends with the transaction.
drop view if exists suivi."orders";
