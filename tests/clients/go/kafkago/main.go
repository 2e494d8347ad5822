// segmentio's kafka-go in its default settings, but for what is asked for. See tests/clients/README.md.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

var words []string
var options = map[string]string{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kafka-go:", err)
		os.Exit(1)
	}
}

func produce(ctx context.Context) {
	writer := &kafka.Writer{Addr: kafka.TCP(words[1]), Topic: words[2], Balancer: &kafka.Hash{}, AllowAutoTopicCreation: true,
		BatchTimeout: 5 * time.Millisecond}
	codecs := map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}
	writer.Compression = codecs[options["compression"]]
	acks := map[string]kafka.RequiredAcks{"": kafka.RequireAll, "0": kafka.RequireNone, "1": kafka.RequireOne}
	writer.RequiredAcks = acks[options["acks"]]
	var messages []kafka.Message
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "\t")
		messages = append(messages, kafka.Message{Key: []byte(key), Value: []byte(value)})
	}
	check(writer.WriteMessages(ctx, messages...))
	check(writer.Close())
}

func consume(ctx context.Context, member bool) {
	left := -1
	if !member {
		count, err := strconv.Atoi(words[4])
		check(err)
		left = count
	}
	balancers := map[string][]kafka.GroupBalancer{"range": {kafka.RangeGroupBalancer{}}, "roundrobin": {kafka.RoundRobinGroupBalancer{}}}
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{words[1]}, GroupID: words[3], Topic: words[2],
		StartOffset: kafka.FirstOffset, GroupBalancers: balancers[options["assignor"]], MaxWait: 100 * time.Millisecond,
		WatchPartitionChanges: member})
	polling, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	for left != 0 {
		message, err := reader.ReadMessage(polling)
		if errors.Is(err, context.Canceled) && member {
			break
		}
		check(err)
		if member {
			fmt.Printf("%d\t", message.Partition)
		}
		fmt.Printf("%s\t%s\n", message.Key, message.Value)
		left--
	}
	check(reader.Close())
}

func main() {
	for _, word := range os.Args[1:] {
		if name, value, found := strings.Cut(word, "="); found {
			options[name] = value
		} else {
			words = append(words, word)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 80*time.Second)
	defer cancel()
	switch words[0] {
	case "produce":
		produce(ctx)
	case "admin":
		admin(ctx)
	default:
		consume(ctx, words[0] == "member")
	}
}
