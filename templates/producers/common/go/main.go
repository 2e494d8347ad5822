// Sends events to the topic {{topic}} with an idempotent producer, until --count, Ctrl-C or SIGTERM.
//
// What to copy: settings and Sender. What to replace: event.go, and the loop in run, by where your events come from.
// Exit code 0: every event that was accepted is delivered. 1: not all; those are in the --undelivered file. 2: wrong
// arguments.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// After a signal: less than the 30 s that systemd and Kubernetes give before they kill.
const stopTimeout = 20 * time.Second

// stopSignals returns two contexts: the first SIGINT or SIGTERM ends the making of events, a second one (or stopTimeout) also
// the waiting for them.
func stopSignals() (making, waiting context.Context, stop context.CancelFunc) {
	making, stop = context.WithCancel(context.Background())
	waiting, giveUp := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		select {
		case <-signals:
		case <-time.After(stopTimeout):
		}
		giveUp()
	}()
	return making, waiting, stop
}

// pause waits until it is time for the next event.
func pause(making context.Context, started time.Time, accepted int, rate float64) {
	if rate <= 0 {
		return
	}
	due := started.Add(time.Duration(float64(accepted) / rate * float64(time.Second)))
	if early := time.Until(due); early > 0 {
		select {
		case <-time.After(early):
		case <-making.Done():
		}
	}
}

// run returns how many events were accepted.
func run(making, waiting context.Context, sender *Sender, o options) (int, error) {
	started := time.Now()
	for accepted := 0; ; accepted++ {
		if o.count > 0 && accepted >= o.count {
			return accepted, nil
		}
		pause(making, started, accepted, o.rate)
		if err := sender.Send(making, waiting, MakeEvent()); err != nil {
			if errors.Is(err, context.Canceled) { // stopped: this event was not accepted
				err = nil
			}
			return accepted, err
		}
	}
}

func main() {
	o := parseOptions()
	making, waiting, stop := stopSignals()
	client, err := kgo.NewClient(settings(o)...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
	sender := NewSender(client, o.undelivered)
	sender.OnFailed = stop // whatever is wrong, more events would not mend it
	if o.verbose {
		sender.OnDelivered = func(record *kgo.Record) { fmt.Println(string(record.Value)) }
	}
	accepted, err := run(making, waiting, sender, o)
	sender.Close(waiting)
	delivered, failed, firstError := sender.Result()
	fmt.Fprintf(os.Stderr, "%d delivered, %d not delivered\n", delivered, failed)
	if failed > 0 {
		fmt.Fprintf(os.Stderr, "error: %v; what was not delivered is in %s\n", firstError, o.undelivered)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || delivered != accepted {
		os.Exit(1)
	}
}
