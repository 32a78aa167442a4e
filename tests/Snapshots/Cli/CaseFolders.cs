using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>
/// Tests that run <c>check</c> on its usual folder, one after the other: what one run keeps is replayed by the next, so
/// each begins without it.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CaseFolders : ICollectionFixture<CaseFolders>
{
    public const string Name = "case folders";

    private const string Usual = ".hooks";

    /// <summary>Forgets what earlier runs kept.</summary>
    internal static void Forget()
    {
        if (Directory.Exists(Usual)) Directory.Delete(Usual, recursive: true);
    }
}
