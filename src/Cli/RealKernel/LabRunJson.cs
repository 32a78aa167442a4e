using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>One case on a real kernel, as JSON.</summary>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Linux">Its release.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Comparison">Kernel beside model.</param>
internal sealed record LabRunJson(string Image, string Linux, string Model, Comparison Comparison) : ComparedJson(Comparison)
{
    /// <summary>The object.</summary>
    public static string Print(LabImage image, string hello, Comparison comparison) =>
        JsonText.Of(new LabRunJson(image.Name, hello.Split("kernel=")[^1], image.Model, comparison), JsonTypes.Default.LabRunJson);
}
