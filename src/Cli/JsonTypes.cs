using System.Text.Json.Serialization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.Exploring;
using Hooks.Cli.FromSource;
using Hooks.Cli.Hunting;
using Hooks.Cli.RealKernel;
using Hooks.Cli.Replaying;
using Hooks.Cli.Sharing;

namespace Hooks.Cli;

/// <summary>
/// What the commands print as JSON. The properties of these records are the format: their names in camelCase, in the order in
/// which they are declared; one that is null is left out unless it says otherwise.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArchJson[]))]
[JsonSerializable(typeof(CheckJson))]
[JsonSerializable(typeof(ExploreJson))]
[JsonSerializable(typeof(InvariantJson[]))]
[JsonSerializable(typeof(KernelJson[]))]
[JsonSerializable(typeof(LabDiffJson))]
[JsonSerializable(typeof(LabDoctorJson))]
[JsonSerializable(typeof(LabImageJson[]))]
[JsonSerializable(typeof(LabPowerJson))]
[JsonSerializable(typeof(LabRunJson))]
[JsonSerializable(typeof(LabRaceJson))]
[JsonSerializable(typeof(RacePlacesJson))]
[JsonSerializable(typeof(LabRaceDiffJson))]
[JsonSerializable(typeof(LabReproJson))]
[JsonSerializable(typeof(MutateJson))]
[JsonSerializable(typeof(OperationJson[]))]
[JsonSerializable(typeof(OrderJson))]
[JsonSerializable(typeof(ReplayJson))]
[JsonSerializable(typeof(ReplayJson[]))]
[JsonSerializable(typeof(ShardFile))]
[JsonSerializable(typeof(SourceCheckJson))]
[JsonSerializable(typeof(SourceMutateJson))]
[JsonSerializable(typeof(ZooJson))]
internal sealed partial class JsonTypes : JsonSerializerContext;
