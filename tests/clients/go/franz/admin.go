package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// expect fails when got and wanted print differently.
func expect(what string, got, wanted any) {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		check(fmt.Errorf("%s: %v, expected %v", what, got, wanted))
	}
}

func setting(configs kadm.ResourceConfigs, topic, name string) string {
	found, err := configs.On(topic, nil)
	check(err)
	check(found.Err)
	for _, config := range found.Configs {
		if config.Key == name {
			return config.MaybeValue()
		}
	}
	return "no such setting"
}

func offset(offsets kadm.ListedOffsets, err error) int64 {
	check(err)
	check(offsets.Error())
	found, _ := offsets.Lookup(words[2], 0)
	return found.Offset
}

// admin is every call of kadm that one broker without security answers.
func admin(ctx context.Context) {
	topic, group := words[2], "g-"+words[2]
	client, err := kgo.NewClient(kgo.SeedBrokers(words[1]), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	check(err)
	defer client.Close()
	adm := kadm.NewClient(client)
	adminTopics(ctx, adm, topic)
	for number := range 10 {
		check(client.ProduceSync(ctx, &kgo.Record{Topic: topic, Partition: 0, Value: fmt.Append(nil, number)}).FirstErr())
	}
	adminRecords(ctx, adm, topic)
	adminGroups(ctx, adm, topic, group)
	deleted, err := adm.DeleteTopic(ctx, topic)
	check(err)
	check(deleted.Err)
	fmt.Println("admin ok")
}

func adminTopics(ctx context.Context, adm *kadm.Client, topic string) {
	hour, more := "3600000", "7000000"
	_, err := adm.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &hour}, topic)
	check(err)
	_, err = adm.CreateTopic(ctx, 2, 1, nil, topic)
	expect("created twice", errors.Is(err, kerr.TopicAlreadyExists), true)
	grown, err := adm.CreatePartitions(ctx, 1, topic)
	check(err)
	check(grown.Error())
	listed, err := adm.ListTopics(ctx, topic)
	check(err)
	expect("partitions", len(listed[topic].Partitions), 3)
	configs, err := adm.DescribeTopicConfigs(ctx, topic)
	check(err)
	expect("retention.ms", setting(configs, topic, "retention.ms"), hour)
	altered, err := adm.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.bytes", Value: &more}}, topic)
	check(err)
	_, err = altered.On(topic, nil)
	check(err)
	configs, err = adm.DescribeTopicConfigs(ctx, topic)
	check(err)
	expect("retention.bytes", setting(configs, topic, "retention.bytes"), more)
	expect("retention.ms kept", setting(configs, topic, "retention.ms"), hour)
	replaced, err := adm.AlterTopicConfigsState(ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: &more}}, topic)
	check(err)
	_, err = replaced.On(topic, nil)
	check(err)
	configs, err = adm.DescribeTopicConfigs(ctx, topic)
	check(err)
	expect("retention.bytes replaced", setting(configs, topic, "retention.bytes"), "-1")
	broker, err := adm.DescribeBrokerConfigs(ctx, 1)
	check(err)
	expect("a broker", setting(broker, "1", "node.id"), "1")
	resources, err := adm.ListConfigResources(ctx)
	check(err)
	expect("resources", len(resources.Resources) > 0, true)
	brokers, err := adm.ListBrokers(ctx)
	check(err)
	expect("brokers", len(brokers), 1)
	elected, err := adm.ElectLeaders(ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{topic: {0: {}}})
	check(err)
	expect("election", errors.Is(elected[topic][0].Err, kerr.ElectionNotNeeded), true)
	moves, err := adm.ListPartitionReassignments(ctx, kadm.TopicsSet{topic: {0: {}}})
	check(err)
	expect("reassignments", len(moves), 0)
}

func adminRecords(ctx context.Context, adm *kadm.Client, topic string) {
	expect("start", offset(adm.ListStartOffsets(ctx, topic)), 0)
	expect("end", offset(adm.ListEndOffsets(ctx, topic)), 10)
	expect("committed", offset(adm.ListCommittedOffsets(ctx, topic)), 10)
	expect("by time", offset(adm.ListOffsetsAfterMilli(ctx, 1, topic)), 0)
	expect("local start", offset(adm.ListLocalLogStartOffsets(ctx, topic)), 0)
	newest := offset(adm.ListMaxTimestampOffsets(ctx, topic))
	expect("newest", newest >= 0 && newest < 10, true)
	epochs, err := adm.OffsetForLeaderEpoch(ctx, kadm.OffsetForLeaderEpochRequest{topic: {0: 0}})
	check(err)
	expect("end of epoch 0", epochs[topic][0].EndOffset, 10)
	producers, err := adm.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}})
	check(err)
	expect("producers", len(producers[topic].Partitions[0].ActiveProducers), 1)
	folders, err := adm.DescribeAllLogDirs(ctx, kadm.TopicsSet{topic: {0: {}, 1: {}}})
	check(err)
	expect("partitions in the folder", len(folders[1].SortedBySize()[0].Topics[topic]), 2)
	deleted, err := adm.DeleteRecords(ctx, kadm.Offsets{topic: {0: {Topic: topic, Partition: 0, At: 3}}})
	check(err)
	check(deleted.Error())
	expect("start afterwards", offset(adm.ListStartOffsets(ctx, topic)), 3)
	transactions, err := adm.ListTransactions(ctx, nil, nil)
	check(err)
	expect("transactions", len(transactions), 0)
}

func adminGroups(ctx context.Context, adm *kadm.Client, topic, group string) {
	check(adm.CommitAllOffsets(ctx, group, kadm.Offsets{topic: {0: {Topic: topic, Partition: 0, At: 4, LeaderEpoch: -1}}}))
	fetched, err := adm.FetchOffsets(ctx, group)
	check(err)
	found, _ := fetched.Lookup(topic, 0)
	expect("committed", found.At, 4)
	groups, err := adm.ListGroups(ctx, "Empty")
	check(err)
	expect("listed", groups[group].Group, group)
	described, err := adm.DescribeGroups(ctx, group)
	check(err)
	expect("state", described[group].State, "Empty")
	lags, err := adm.Lag(ctx, group)
	check(err)
	expect("lag", lags[group].Lag[topic][0].Lag, 6)
	gone, err := adm.DeleteOffsets(ctx, group, kadm.TopicsSet{topic: {0: {}}})
	check(err)
	check(gone.Error())
	check(adm.CommitAllOffsets(ctx, group, kadm.Offsets{topic: {1: {Topic: topic, Partition: 1, At: 0, LeaderEpoch: -1}}}))
	fetched, err = adm.FetchOffsets(ctx, group)
	check(err)
	_, there := fetched.Lookup(topic, 0)
	expect("offset deleted", there, false)
	_, err = adm.DeleteGroup(ctx, group)
	check(err)
	_, err = adm.DeleteGroup(ctx, group)
	expect("deleted twice", errors.Is(err, kerr.GroupIDNotFound), true)
}
