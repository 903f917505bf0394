#!/bin/sh
# One step of the registration: says what it does, and publishes the next event. What is in the environment is the job's.
set -eu
customer=${CUSTOMER_NAME:-${COMPANY_NAME:-}}
echo "step for $EVENT_SUBJECT of $customer"
[ -n "$NEXT_SUBJECT" ] || { echo 'the registration is complete'; exit 0; }
subject=$EVENT_SUBJECT
[ -z "${USER_INDEX:-}" ] || subject="user-$USER_INDEX-$EVENT_SUBJECT"
data=${COMPANY_DATA:-}
[ -n "$data" ] || data="{
  \"customer_name\": \"$customer\",
  \"user_name\": \"${USER_NAME:-}\",
  \"user_email\": \"${USER_EMAIL:-}\",
  \"user_role\": \"${USER_ROLE:-}\"
}"
nats pub "$NEXT_SUBJECT" "{
  \"specversion\": \"1.0\",
  \"type\": \"$NEXT_TYPE\",
  \"source\": \"registration\",
  \"subject\": \"$subject\",
  \"id\": \"$NEXT_SUBJECT-$subject\",
  \"datacontenttype\": \"application/json\",
  \"data\": $data
}"
