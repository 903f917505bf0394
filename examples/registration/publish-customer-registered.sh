#!/bin/sh
# Registers a customer with three users. SUBJECT names the customer; a random one when it is not set.
set -eu
subject=${SUBJECT:-$(cat /proc/sys/kernel/random/uuid)}
nats pub customer-registered '{
  "specversion": "1.0",
  "type": "registration.customer.registered",
  "source": "registration",
  "subject": "'"$subject"'",
  "id": "registered-'"$subject"'",
  "datacontenttype": "application/json",
  "data": {
    "name": "Northern Lights",
    "subscription_tier": "basic",
    "users": [
      { "name": "Ada", "email": "ada@example.com", "role": "customer_account_owner" },
      { "name": "Ben", "email": "ben@example.com", "role": "admin_user" },
      { "name": "Cy", "email": "cy@example.com", "role": "generic_user" }
    ]
  }
}'
