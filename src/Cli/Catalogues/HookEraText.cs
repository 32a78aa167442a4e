using Hooks.Core.Arch;

namespace Hooks.Cli.Catalogues;

/// <summary>Eras of the architectures' hooks in words.</summary>
internal static class HookEraText
{
    /// <summary>An era, as kernel developers name it: <c>5.16</c>.</summary>
    public static string Of(HookEra era) => era switch
    {
        HookEra.SeriesV1Part2 => "series v1 2/3",
        _ => era.ToString().Replace("Linux", "", StringComparison.Ordinal).Replace('_', '.'),
    };
}
