import type { Buffer } from "node:buffer";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { assignPartitions } from "./assign_partitions.ts";
import type { KafkaHeader, KafkaHeaders } from "./foreign_headers.ts";

/** The part of @platformatic/kafka that is used here. The package is fetched when such a stream is first opened. */
export interface KafkaPackage {
  readonly Admin: new (options: ClientOptions) => KafkaAdmin;
  readonly Consumer: new (options: ConsumerOptions) => KafkaConsumer;
  readonly Producer: new (options: ProducerOptions) => KafkaProducer;
  /** Under which its clients find how a request is written for the broker at hand. */
  readonly kGetApi: symbol;
  /** Makes a request. */
  createAPI(key: number, version: number, createRequest: unknown, parseResponse: unknown): KafkaApi;
  readonly Writer: { create(): RequestWriter };
  crc32c(bytes: unknown): number;
  readonly [produce: `produceV${number}`]: unknown;
  /** Where Java's client puts a key: a hash, to be taken modulo the number of partitions. */
  compatibilityPartitioner(message: unknown, key: Uint8Array): number;
}

export interface ClientOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: readonly string[];
  readonly tls?: TlsOptions | undefined;
  readonly tlsServerName?: boolean | undefined;
  readonly sasl?:
    | { readonly mechanism: string; readonly username: string; readonly password: string }
    | undefined;
  readonly connectTimeout: number;
  readonly requestTimeout: number;
  /** How long the broker may take for a request, in milliseconds. */
  readonly timeout: number;
  readonly retries: number;
  /** In milliseconds; a function is given the client, what is tried, how often it was and may be, and what was wrong the last time. */
  readonly retryDelay:
    | number
    | ((client: unknown, what: string, tries: number, most: number, error: unknown) => number);
}

export interface ConsumerOptions extends ClientOptions {
  readonly groupId: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly heartbeatInterval: number;
  readonly protocols: readonly { readonly name: string; readonly version: number }[];
  /** Says what each member of the group reads, where this one leads it. */
  readonly partitionAssigner: typeof assignPartitions;
  /** Is asked before each time that it joins; it joins when this resolves. */
  readonly protocolsMetadata?: () => Promise<Uint8Array>;
}

export interface ProducerOptions extends ClientOptions {
  readonly idempotent: boolean;
  readonly acks: -1;
  readonly partitioner: (message: unknown, key: Uint8Array | undefined) => number;
  readonly transactionalId?: string;
}

export interface KafkaMetadata {
  /** Of the cluster. */
  readonly id: string;
  readonly topics: ReadonlyMap<string, {
    readonly id: string;
    readonly partitionsCount: number;
    readonly partitions: readonly { readonly leader: number }[];
  }>;
}

interface Listening {
  on(event: "error", listener: () => void): unknown;
}

/** What its clients have in common. */
export interface KafkaBase {
  readonly closed: boolean;
  /** The connections that it has. */
  readonly connections: {
    on(event: "connecting", listener: (payload: { connection: Listening }) => void): unknown;
    close(): Promise<void>;
  };
  metadata(options: { topics: string[]; forceUpdate?: boolean }): Promise<KafkaMetadata>;
  clearMetadata(): void;
  on(event: string, listener: (...payload: never[]) => void): unknown;
}

export interface KafkaAdmin extends KafkaBase {
  createTopics(options: {
    topics: string[];
    partitions: number;
    replicas: number;
    configs: { name: string; value: string }[];
  }): Promise<unknown>;
  deleteTopics(options: { topics: string[] }): Promise<unknown>;
  describeConfigs(options: {
    resources: { resourceType: number; resourceName: string; configurationKeys: string[] }[];
  }): Promise<{ configs: { name: string; value: string | null }[] }[]>;
  listOffsets(options: {
    topics: { name: string; partitions: { partitionIndex: number; timestamp: bigint }[] }[];
    isolationLevel?: number;
  }): Promise<{ name: string; partitions: { partitionIndex: number; offset: bigint }[] }[]>;
  listConsumerGroupOffsets(options: {
    groups: { groupId: string; topics: { name: string; partitionIndexes: number[] }[] }[];
  }): Promise<
    { groupId: string; topics: { name: string; partitions: { partitionIndex: number; committedOffset: bigint }[] }[] }[]
  >;
  listGroups(): Promise<ReadonlyMap<string, unknown>>;
  describeGroups(options: { groups: string[] }): Promise<
    ReadonlyMap<string, {
      readonly members: ReadonlyMap<string, { readonly metadata?: { readonly topics?: readonly string[] } }>;
    }>
  >;
  deleteConsumerGroupOffsets(options: {
    groupId: string;
    topics: { name: string; partitionIndexes: number[] }[];
  }): Promise<unknown>;
  close(): Promise<void>;
}

/** Records as the broker keeps them, several together. */
export interface KafkaBatch {
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly records: readonly {
    readonly offsetDelta: number;
    readonly timestampDelta: bigint;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: readonly KafkaHeader[];
  }[];
}

/** Whose records count for nothing, from which offset on to the mark that ends the transaction. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface FetchResponse {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly errorCode: number;
      readonly records?: readonly KafkaBatch[] | null;
      readonly abortedTransactions?: readonly AbortedTransaction[] | null;
    }[];
  }[];
}

export interface KafkaConsumer extends KafkaBase {
  readonly groupId: string;
  readonly memberId: string | null;
  /** The broker that keeps the group; null where it has to be asked for. */
  readonly coordinatorId: number | null;
  readonly generationId: number;
  readonly assignments: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;
  readonly topics: { track(topic: string): boolean };
  /** Whether it is in its group, as far as it knows. */
  isActive(): boolean;
  joinGroup(options: object): Promise<unknown>;
  commit(options: {
    offsets: { topic: string; partition: number; offset: bigint; leaderEpoch: number }[];
  }): Promise<void>;
  listCommittedOffsets(options: {
    topics: { topic: string; partitions: number[] }[];
  }): Promise<ReadonlyMap<string, readonly bigint[]>>;
  listOffsets(options: {
    topics: string[];
    partitions: Record<string, number[]>;
    timestamp: bigint;
  }): Promise<ReadonlyMap<string, readonly bigint[]>>;
  fetch(options: {
    node: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: {
      topicId: string;
      partitions: {
        partition: number;
        fetchOffset: bigint;
        partitionMaxBytes: number;
        currentLeaderEpoch: number;
        lastFetchedEpoch: number;
      }[];
    }[];
  }): Promise<FetchResponse>;
  close(force?: boolean): Promise<void>;
}

/** What a record holds but its key; the client passes it on as it is. */
export interface KafkaValue extends KafkaHeaders {
  /** null for a tombstone. */
  readonly bytes: Uint8Array | null;
  /** About how many bytes the record has. */
  readonly size: number;
}

export interface KafkaMessage {
  readonly topic: string;
  readonly key: Buffer | undefined;
  readonly value: KafkaValue;
}

/** A message whose partition is known. */
export interface RoutedMessage extends KafkaMessage {
  readonly partition: number;
}

/** A request of one version. */
export interface KafkaApi {
  readonly version: number;
}

/** Bytes that are to be sent. */
export interface RequestWriter {
  append(bytes: Uint8Array): RequestWriter;
  readonly dynamicBuffer: unknown;
}

/** Who writes records. */
export interface ProduceOptions {
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  /** By topic and partition: the number of the next record. */
  readonly sequences?: { getWithDefault(place: string, otherwise: number): number };
  readonly transactionalId?: string | null;
}

/** What is kept together; one step after another, since the client takes two offsets at a time for one. */
export interface KafkaTransaction {
  send(options: { messages: KafkaMessage[] }): Promise<unknown>;
  addConsumer(consumer: { readonly groupId: string }): Promise<void>;
  addOffset(message: {
    topic: string;
    partition: number;
    /** Of the last record that is done. */
    offset: bigint;
    metadata: { consumer: { groupId: string; generationId: number; memberId: string; coordinatorId: number } };
  }): Promise<void>;
  commit(): Promise<void>;
}

export interface KafkaProducer extends KafkaBase {
  send(options: { messages: KafkaMessage[] }): Promise<unknown>;
  /** With -1 and -1 it becomes who it is anew, whoever was that before: else the broker takes the client's own 0 and 0 for one who was fenced. */
  beginTransaction(options: { producerId: bigint; producerEpoch: number }): Promise<KafkaTransaction>;
  close(): Promise<void>;
}

/** Loads the package, once. */
export async function loadKafka(): Promise<KafkaPackage> {
  const name = "@platformatic/kafka"; // in a variable: a literal would be fetched by programs that open no such stream
  return await import(name) as KafkaPackage;
}
