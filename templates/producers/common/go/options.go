package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

type options struct {
	brokers         []string
	topic           string
	rate            float64 // events a second; 0: no pause
	count           int     // 0: until stopped
	deliveryTimeout time.Duration
	undelivered     string
	verbose         bool
}

// text is an option that may also come from the environment.
func text(name, variable, fallback, help string) *string {
	if value, found := os.LookupEnv(variable); found {
		fallback = value
	}
	return flag.String(name, fallback, variable+": "+help)
}

func wrongArguments(sentence string) {
	fmt.Fprintln(os.Stderr, "error:", sentence)
	os.Exit(2)
}

func number(name, value string, least float64) float64 {
	parsed, err := strconv.ParseFloat(value, 64)
	if err != nil || !(parsed >= least) {
		wrongArguments(fmt.Sprintf("--%s %s: a number from %g is wanted", name, value, least))
	}
	return parsed
}

func parseOptions() options {
	brokers := text("brokers", "KAFKA_BROKERS", "{{kafka}}", "addresses, divided by commas")
	topic := text("topic", "KAFKA_TOPIC", "{{topic}}", "where the events go")
	rate := text("rate", "RATE", "100", "events a second, 0: no pause")
	count := text("count", "COUNT", "0", "end after so many, 0: until stopped")
	timeout := text("delivery-timeout", "DELIVERY_TIMEOUT", "120", "seconds after which an event that is not delivered has failed")
	undelivered := text("undelivered", "UNDELIVERED", "undelivered.jsonl", "the file where failed events are kept")
	verbose := flag.Bool("verbose", false, "print each delivered event on stdout")
	flag.Parse()
	if flag.NArg() > 0 {
		wrongArguments("unknown argument " + flag.Arg(0))
	}
	return options{
		brokers:         strings.Split(*brokers, ","),
		topic:           *topic,
		rate:            number("rate", *rate, 0),
		count:           int(number("count", *count, 0)),
		deliveryTimeout: time.Duration(number("delivery-timeout", *timeout, 1) * float64(time.Second)),
		undelivered:     *undelivered,
		verbose:         *verbose,
	}
}
