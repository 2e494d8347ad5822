// Sarama in its default settings. See tests/clients/README.md for what a client program takes and prints.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sarama:", err)
		os.Exit(1)
	}
}

func produce(broker, topic string) {
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true // the synchronous producer demands it
	producer, err := sarama.NewSyncProducer([]string{broker}, config)
	check(err)
	delivered := 0
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "\t")
		message := &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(key), Value: sarama.StringEncoder(value)}
		_, _, err := producer.SendMessage(message)
		check(err)
		delivered++
	}
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
			session.MarkMessage(message, "")
			select {
			case messages <- message:
			case <-session.Context().Done():
				return nil
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func consume(broker, topic, group string, count int) {
	config := sarama.NewConfig()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	consumer, err := sarama.NewConsumerGroup([]string{broker}, group, config)
	check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	ended := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := consumer.Consume(ctx, []string{topic}, forwarder{}); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for count > 0 {
		select {
		case message := <-messages:
			fmt.Printf("%s\t%s\n", message.Key, message.Value)
			count--
		case err := <-ended:
			check(err)
			check(fmt.Errorf("%d records are missing", count))
		}
	}
	cancel()
	<-ended
	check(consumer.Close())
}

func main() {
	switch os.Args[1] {
	case "produce":
		produce(os.Args[2], os.Args[3])
	case "consume":
		count, err := strconv.Atoi(os.Args[5])
		check(err)
		consume(os.Args[2], os.Args[3], os.Args[4], count)
	}
}
