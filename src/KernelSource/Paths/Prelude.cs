using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>The model's own functions, in C.</summary>
internal static class Prelude
{
    /// <summary>The name of the file.</summary>
    public const string File = "prelude.c";

    private static readonly Lazy<SourceFile> Source = new(() => SourceFile.Of("hooks", File, HelperTable.Resource(File)));

    /// <summary>One of them.</summary>
    public static Function Function(string name) =>
        Source.Value.Functions.TryGetValue(name, out var f) ? f.Value : throw new SourceException($"{File} has no function {name}()");
}
