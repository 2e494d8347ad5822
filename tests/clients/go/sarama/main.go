// Sarama in its default settings, but for what is asked for. See tests/clients/README.md.
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

	"github.com/IBM/sarama"
)

var words []string
var options = map[string]string{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sarama:", err)
		os.Exit(1)
	}
}

// settings: Sarama speaks the protocol of the version that it is told, and of 2.8 by default.
func settings() *sarama.Config {
	config := sarama.NewConfig()
	if options["version"] == "newest" {
		config.Version = sarama.MaxVersion
	} else if options["version"] != "" {
		version, err := sarama.ParseKafkaVersion(options["version"])
		check(err)
		config.Version = version
	}
	return config
}

func produce() {
	config := settings()
	config.Producer.Return.Successes = true // the synchronous producer demands it
	if options["compression"] != "" {
		check(config.Producer.Compression.UnmarshalText([]byte(options["compression"])))
	}
	if options["idempotent"] == "yes" {
		config.Producer.Idempotent = true
		config.Producer.RequiredAcks = sarama.WaitForAll
		config.Net.MaxOpenRequests = 1
	}
	producer, err := sarama.NewSyncProducer([]string{words[1]}, config)
	check(err)
	var batch []*sarama.ProducerMessage
	delivered := 0
	send := func() {
		check(producer.SendMessages(batch))
		delivered += len(batch)
		batch = nil
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "\t")
		batch = append(batch, &sarama.ProducerMessage{Topic: words[2], Key: sarama.StringEncoder(key),
			Value: sarama.StringEncoder(value)})
		if len(batch) == 100 {
			send()
		}
	}
	send()
	check(producer.Close())
	fmt.Println("delivered", delivered)
}

var messages = make(chan *sarama.ConsumerMessage)

// forwarder hands every partition's messages to the one who prints them.
type forwarder struct{}

func (forwarder) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (forwarder) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (forwarder) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			select {
			case messages <- message:
				session.MarkMessage(message, "")
			case <-session.Context().Done():
				return nil
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func consume(member bool) {
	config := settings()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Group.InstanceId = options["instance"]
	strategies := map[string]sarama.BalanceStrategy{"range": sarama.NewBalanceStrategyRange(),
		"roundrobin": sarama.NewBalanceStrategyRoundRobin(), "sticky": sarama.NewBalanceStrategySticky()}
	if strategy, ok := strategies[options["assignor"]]; ok {
		config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	}
	count := -1
	if !member {
		number, err := strconv.Atoi(words[4])
		check(err)
		count = number
	}
	consumer, err := sarama.NewConsumerGroup([]string{words[1]}, words[3], config)
	check(err)
	limited, cancel := context.WithTimeout(context.Background(), 80*time.Second)
	ctx, stop := signal.NotifyContext(limited, syscall.SIGTERM)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := consumer.Consume(ctx, []string{words[2]}, forwarder{}); err != nil && ctx.Err() == nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for count != 0 {
		select {
		case message := <-messages:
			if member {
				fmt.Printf("%d\t", message.Partition)
			}
			fmt.Printf("%s\t%s\n", message.Key, message.Value)
			count--
			continue
		case err := <-ended:
			check(err)
			if !member {
				check(fmt.Errorf("%d records are missing", count))
			}
			ended <- nil
		}
		break
	}
	cancel()
	<-ended
	check(consumer.Close())
}

func main() {
	for _, word := range os.Args[1:] {
		if name, value, found := strings.Cut(word, "="); found {
			options[name] = value
		} else {
			words = append(words, word)
		}
	}
	if words[0] == "produce" {
		produce()
	} else if words[0] == "admin" {
		admin()
	} else {
		consume(words[0] == "member")
	}
}
