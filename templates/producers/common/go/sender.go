package main

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Events that wait here while the broker is away; then Send blocks.
const queueLimit = 10_000

// settings: why each of them is in docs/producers.md of Freshet.
func settings(o options) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(o.brokers...),
		kgo.ClientID("go-producer"),
		kgo.DefaultProduceTopic(o.topic),
		kgo.AllowAutoTopicCreation(),
		// Idempotent unless it is disabled: no loss, no doubles, no reordering by retries of this process.
		kgo.RequiredAcks(kgo.AllISRAcks()),
		// The same key goes to the same partition as with the Java, Python, Node and C++ producers.
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		// Latency against size: wait 5 ms for company, then send together and compressed.
		kgo.ProducerLinger(5 * time.Millisecond),
		kgo.ProducerBatchCompression(kgo.Lz4Compression(), kgo.NoCompression()),
		// The broker is away: go on trying with growing pauses, within a bounded queue, for a bounded time. An event whose
		// answer was lost fails in time too: it may have arrived all the same.
		kgo.RetryBackoffFn(backOff),
		kgo.MetadataMinAge(time.Second), // the time-out is looked at, and a new leader found, so often
		kgo.MaxBufferedRecords(queueLimit),
		kgo.RecordDeliveryTimeout(o.deliveryTimeout),
		kgo.AllowIdempotentProduceCancellation(),
		kgo.WithLogger(kgo.BasicLogger(os.Stderr, kgo.LogLevelError, nil)),
	}
}

// backOff: 100 ms, doubled with each attempt, 2 s at most.
func backOff(attempts int) time.Duration {
	return min(100*time.Millisecond<<min(attempts-1, 10), 2*time.Second)
}

// Sender counts what was delivered by its delivery report, and keeps in a file what was not. Its methods may be called from
// any goroutine.
type Sender struct {
	OnDelivered func(*kgo.Record)
	OnFailed    func()

	client          *kgo.Client
	slots           chan struct{} // one for each event that has no delivery report yet
	undeliveredPath string

	lock              sync.Mutex
	delivered, failed int
	firstError        error
}

func NewSender(client *kgo.Client, undeliveredPath string) *Sender {
	return &Sender{client: client, slots: make(chan struct{}, queueLimit), undeliveredPath: undeliveredPath}
}

// Send queues the event. It blocks while the queue is full. An error (of accepting, or of the event itself) means that it was
// not accepted. What was accepted is delivered, or failed when its time is over or waiting ends.
func (s *Sender) Send(accepting, waiting context.Context, event Event) error {
	if err := accepting.Err(); err != nil {
		return err
	}
	value, err := event.ToJSON()
	if err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}:
	case <-accepting.Done():
		return accepting.Err()
	}
	s.client.Produce(waiting, &kgo.Record{Key: event.Key(), Value: value}, s.report)
	return nil
}

// Close waits until every event is delivered or failed: at most the delivery timeout, or until waiting ends.
func (s *Sender) Close(waiting context.Context) {
	s.client.Flush(waiting)
	s.client.Close() // what is left fails now
	for range queueLimit {
		s.slots <- struct{}{} // free when its event has its report
	}
}

// Result is complete after Close.
func (s *Sender) Result() (delivered, failed int, firstError error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.delivered, s.failed, s.firstError
}

// report is the delivery report of one record.
func (s *Sender) report(record *kgo.Record, err error) {
	defer func() { <-s.slots }()
	s.lock.Lock()
	defer s.lock.Unlock()
	if err == nil {
		s.delivered++
		if s.OnDelivered != nil {
			s.OnDelivered(record)
		}
		return
	}
	s.failed++
	if s.firstError == nil {
		s.firstError = err
		if s.OnFailed != nil {
			s.OnFailed()
		}
	}
	file, err := os.OpenFile(s.undeliveredPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = file.Write(append(record.Value, '\n'))
		file.Close()
	}
	if err != nil {
		os.Stderr.WriteString("error: " + err.Error() + ": " + string(record.Value) + "\n")
	}
}
