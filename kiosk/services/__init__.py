"""Services as the kiosk knows them: loading, rules, words and receipts."""
