// franz-go in its default settings, but for what is asked for. See tests/clients/README.md.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var words []string
var options = map[string]string{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "franz:", err)
		os.Exit(1)
	}
}

func produce(ctx context.Context) {
	settings := []kgo.Opt{kgo.SeedBrokers(words[1]), kgo.AllowAutoTopicCreation()}
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	if codec, ok := codecs[options["compression"]]; ok {
		settings = append(settings, kgo.ProducerBatchCompression(codec))
	}
	if options["idempotent"] == "no" {
		settings = append(settings, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(settings...)
	check(err)
	defer client.Close()
	delivered := 0
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "\t")
		record := &kgo.Record{Topic: words[2], Key: []byte(key), Value: []byte(value)}
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			check(err)
			delivered++ // promises are called one after the other
		})
	}
	check(client.Flush(ctx))
	fmt.Println("delivered", delivered)
}

func consume(ctx context.Context, member bool) {
	settings := []kgo.Opt{kgo.SeedBrokers(words[1]), kgo.ConsumerGroup(words[3]), kgo.ConsumeTopics(words[2]),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}
	balancers := map[string]kgo.GroupBalancer{"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(),
		"sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer()}
	if balancer, ok := balancers[options["assignor"]]; ok {
		settings = append(settings, kgo.Balancers(balancer))
	}
	if options["instance"] != "" {
		settings = append(settings, kgo.InstanceID(options["instance"]))
	}
	left := -1
	if !member {
		count, err := strconv.Atoi(words[4])
		check(err)
		left = count
	}
	client, err := kgo.NewClient(settings...)
	check(err)
	defer client.Close()
	polling, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	for left != 0 && polling.Err() == nil {
		fetches := client.PollRecords(polling, left)
		if polling.Err() != nil {
			break
		}
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			if member {
				fmt.Printf("%d\t", record.Partition)
			}
			fmt.Printf("%s\t%s\n", record.Key, record.Value)
			left--
		})
	}
	check(client.CommitUncommittedOffsets(ctx))
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
	if words[0] == "produce" {
		produce(ctx)
	} else if words[0] == "admin" {
		admin(ctx)
	} else {
		consume(ctx, words[0] == "member")
	}
}
