using System.Text.Json;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Catalogues;

/// <summary>The catalogues as JSON arrays.</summary>
internal static class ListJson
{
    /// <summary>The array of a kind: kernels, archs, invariants or operations.</summary>
    public static string Print(string kind) => JsonText.Of(json =>
    {
        json.WriteStartArray();
        switch (kind)
        {
            case "kernels":
                foreach (var kernel in KernelCatalogue.All) Write(json, kernel);
                break;
            case "archs":
                foreach (var arch in Architectures.All) Write(json, ("name", arch.Name), ("description", arch.Description));
                break;
            case "invariants":
                foreach (var i in InvariantCatalogue.All) Write(json, ("name", i.Name), ("statement", i.Statement), ("exercise", i.Exercise));
                break;
            default:
                foreach (var verb in Enum.GetValues<Verb>())
                {
                    var (syntax, meaning) = OperationTexts.Of(verb);
                    Write(json, ("name", CaseText.Word(verb)), ("syntax", syntax), ("meaning", meaning));
                }

                break;
        }

        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, Kernel kernel)
    {
        json.WriteStartObject();
        json.WriteString("name", kernel.Name);
        json.WriteString("commit", kernel.Commit);
        json.WriteString("description", kernel.Description);
        json.WriteString("hooks", HookEraText.Of(kernel.Era));
        json.WriteStartObject("expected");
        foreach (var arch in Architectures.All)
        {
            json.WriteStrings(arch.Name, kernel.ExpectedOn(arch.Name).Members().Select(id => InvariantCatalogue.Of(id).Name));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, params ReadOnlySpan<(string Name, string Value)> properties)
    {
        json.WriteStartObject();
        foreach (var (name, value) in properties) json.WriteString(name, value);
        json.WriteEndObject();
    }
}
