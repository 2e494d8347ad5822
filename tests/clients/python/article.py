# The article's producer: nothing is changed but the address.
import sys
from confluent_kafka import Producer
import json

p = Producer({
  'bootstrap.servers': sys.argv[1],
  'enable.idempotence': True
})

event = {
  'event_id': 'uuid-123',
  'ts': '2026-01-18T12:34:56Z',
  'user_id': 'u-1000',
  'project': 'billing',
  'action': 'checkout',
  'amount': 29.99
}

p.produce('events', key=event['user_id'], value=json.dumps(event))
p.flush()
