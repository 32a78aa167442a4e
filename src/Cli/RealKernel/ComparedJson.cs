using System.Text.Json.Serialization;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>Kernel beside model, in the last properties of the object that it is part of; they are left out if there is no comparison.</summary>
/// <param name="Comparison">The comparison.</param>
internal abstract record ComparedJson([property: JsonIgnore] Comparison? Comparison)
{
    private const int Last = 1;

    /// <summary>Whether they agree.</summary>
    [JsonPropertyOrder(Last)]
    public bool? Agrees => Comparison?.Agrees;

    /// <summary>Whether a page went to swap and came back.</summary>
    [JsonPropertyOrder(Last)]
    public bool? Swapped => Comparison?.Swapped;

    /// <summary>Whether data was lost on the real kernel.</summary>
    [JsonPropertyOrder(Last)]
    public bool? DataLost => Comparison?.DataLost;

    /// <summary>Whether tags were lost on the real kernel.</summary>
    [JsonPropertyOrder(Last)]
    public bool? TagsLost => Comparison?.TagsLost;

    /// <summary>Why the model could not follow; left out if it could.</summary>
    [JsonPropertyOrder(Last)]
    public string? Unfollowed => Comparison?.Unfollowed;

    /// <summary>What was changed in the case so that a real kernel can run it.</summary>
    [JsonPropertyOrder(Last)]
    public IReadOnlyList<string>? Notes => Comparison?.Program.Changes;

    /// <summary>Operation by operation.</summary>
    [JsonPropertyOrder(Last)]
    public IReadOnlyList<ComparedOperationJson>? Operations => Comparison is null ? null : [.. Comparison.Operations.Select(ComparedOperationJson.Of)];
}

/// <summary>What kernel and model say of an operation.</summary>
/// <param name="Operation">The operation, as the case says it.</param>
/// <param name="Kernel">The kernel's answer.</param>
/// <param name="Model">The answers that the model allows.</param>
/// <param name="Agrees">Whether the kernel's is one of them.</param>
internal sealed record ComparedOperationJson(string Operation, string Kernel, IReadOnlyList<string> Model, bool Agrees)
{
    /// <summary>Of an operation of a comparison.</summary>
    public static ComparedOperationJson Of(ComparedOperation compared) => new(
        ComparisonTable.Operation(compared.Op),
        compared.Kernel.ToString(),
        [.. compared.Model.Allowed.Select(a => a.ToString())],
        compared.Model.Agrees);
}
