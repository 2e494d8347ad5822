// franz-go in its default settings. See tests/clients/README.md for what a client program takes and prints.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "franz:", err)
		os.Exit(1)
	}
}

func produce(ctx context.Context, broker, topic string) {
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.AllowAutoTopicCreation())
	check(err)
	defer client.Close()
	delivered := 0
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "\t")
		record := &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			check(err)
			delivered++ // promises are called one after the other
		})
	}
	check(client.Flush(ctx))
	fmt.Println("delivered", delivered)
}

func consume(ctx context.Context, broker, topic, group string, count int) {
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	check(err)
	defer client.Close()
	for seen := 0; seen < count; {
		fetches := client.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			fmt.Printf("%s\t%s\n", record.Key, record.Value)
			seen++
		})
	}
	check(client.CommitUncommittedOffsets(ctx))
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	switch os.Args[1] {
	case "produce":
		produce(ctx, os.Args[2], os.Args[3])
	case "consume":
		count, err := strconv.Atoi(os.Args[5])
		check(err)
		consume(ctx, os.Args[2], os.Args[3], os.Args[4], count)
	}
}
