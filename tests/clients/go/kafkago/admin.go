package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// expect fails when got and wanted print differently.
func expect(what string, got, wanted any) {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		check(fmt.Errorf("%s: %v, expected %v", what, got, wanted))
	}
}

// admin is every administrative call of kafka-go's Client that one broker without security answers.
func admin(ctx context.Context) {
	client := &kafka.Client{Addr: kafka.TCP(words[1])}
	topic, group := words[2], "g-"+words[2]
	adminTopics(ctx, client, topic)
	adminRecords(ctx, client, topic)
	adminGroups(ctx, client, topic, group)
	deleted, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	check(err)
	check(deleted.Errors[topic])
	fmt.Println("admin ok")
}

func setting(ctx context.Context, client *kafka.Client, topic, name string) string {
	found, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{IncludeSynonyms: true, IncludeDocumentation: true,
		Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{name}}}})
	check(err)
	check(found.Resources[0].Error)
	expect("entries", len(found.Resources[0].ConfigEntries), 1)
	return found.Resources[0].ConfigEntries[0].ConfigValue
}

func adminTopics(ctx context.Context, client *kafka.Client, topic string) {
	wanted := &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 2, ReplicationFactor: 1,
		ConfigEntries: []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "3600000"}}}}}
	created, err := client.CreateTopics(ctx, wanted)
	check(err)
	check(created.Errors[topic])
	created, err = client.CreateTopics(ctx, wanted)
	check(err)
	expect("created twice", errors.Is(created.Errors[topic], kafka.TopicAlreadyExists), true)
	grown, err := client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: 3}}})
	check(err)
	check(grown.Errors[topic])
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	check(err)
	expect("controller", metadata.Controller.ID, 1)
	connection, err := kafka.DialContext(ctx, "tcp", words[1]) // Client remembers metadata for some seconds
	check(err)
	partitions, err := connection.ReadPartitions(topic)
	check(err)
	expect("partitions", len(partitions), 3)
	check(connection.Close())
	expect("retention.ms", setting(ctx, client, topic, "retention.ms"), "3600000")
	_, err = client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, Configs: []kafka.IncrementalAlterConfigsRequestConfig{
			{Name: "retention.bytes", Value: "7000000", ConfigOperation: kafka.ConfigOperationSet}}}}})
	check(err)
	expect("retention.bytes", setting(ctx, client, topic, "retention.bytes"), "7000000")
	_, err = client.AlterConfigs(ctx, &kafka.AlterConfigsRequest{Resources: []kafka.AlterConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, Configs: []kafka.AlterConfigRequestConfig{{Name: "segment.ms", Value: "90000"}}}}})
	check(err)
	expect("segment.ms", setting(ctx, client, topic, "segment.ms"), "90000")
	expect("retention.bytes replaced", setting(ctx, client, topic, "retention.bytes"), "-1")
	_, err = client.ElectLeaders(ctx, &kafka.ElectLeadersRequest{Topic: topic, Partitions: []int{0}})
	check(err)
	moves, err := client.ListPartitionReassignments(ctx, &kafka.ListPartitionReassignmentsRequest{
		Topics: map[string]kafka.ListPartitionReassignmentsRequestTopic{topic: {PartitionIndexes: []int{0}}}})
	check(err)
	expect("reassignments", len(moves.Topics), 0)
	versions, err := client.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	check(err)
	check(versions.Error)
}

func adminRecords(ctx context.Context, client *kafka.Client, topic string) {
	records := make([]kafka.Record, 10)
	for number := range records {
		records[number].Value = kafka.NewBytes(fmt.Append(nil, number))
	}
	produced, err := client.Produce(ctx, &kafka.ProduceRequest{Topic: topic, Partition: 0, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(records...)})
	check(err)
	check(produced.Error)
	offsets, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		topic: {kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0)}}})
	check(err)
	found := offsets.Topics[topic][0]
	check(found.Error)
	expect("first and last", fmt.Sprint(found.FirstOffset, found.LastOffset), "0 10")
	fetched, err := client.Fetch(ctx, &kafka.FetchRequest{Topic: topic, Partition: 0, Offset: 4, MinBytes: 1, MaxBytes: 1 << 20})
	check(err)
	check(fetched.Error)
	expect("high watermark", fetched.HighWatermark, 10)
}

func adminGroups(ctx context.Context, client *kafka.Client, topic, group string) {
	committed, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: 4, Metadata: "note"}, {Partition: 1, Offset: 0}}}})
	check(err)
	check(committed.Topics[topic][0].Error)
	fetched, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	check(err)
	expect("committed", fetched.Topics[topic][0].CommittedOffset, 4)
	groups, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	check(err)
	there := false
	for _, one := range groups.Groups {
		there = there || one.GroupID == group
	}
	expect("listed", there, true)
	described, err := client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{group}})
	check(err)
	expect("state", described.Groups[0].GroupState, "Empty")
	gone, err := client.OffsetDelete(ctx, &kafka.OffsetDeleteRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	check(err)
	check(gone.Error)
	check(gone.Topics[topic][0].Error)
	deleted, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
	check(err)
	check(deleted.Errors[group])
	deleted, err = client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
	check(err)
	expect("deleted twice", errors.Is(deleted.Errors[group], kafka.GroupIdNotFound), true)
}
